/* served.h - the declared parameters' values that served best in earlier runs, as a
 * sentence: dreams write it, briefs and the search read it. */
#ifndef RATCHET_RUNNER_POLICY_SERVED_H
#define RATCHET_RUNNER_POLICY_SERVED_H

/* The sentence of a source's declared parameters: "...: gain = 1.5, lead = 0.25"; "" where
 * it declares none. The caller frees it. */
char *served_values(const char *source);

/* The value of a parameter in such a sentence, whatever follows it; NAN: it is not in
 * it. */
double served_value(const char *sentence, const char *name);

#endif
