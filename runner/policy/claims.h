/* claims.h - scores that a model's words claim. */
#ifndef RATCHET_RUNNER_POLICY_CLAIMS_H
#define RATCHET_RUNNER_POLICY_CLAIMS_H

/* Where prose claims a score of more than `most`, and what it claims in *claim; NULL: it
 * does not. A number counts as it is written: "-98" is below zero, "1,234" is one number,
 * and of "-98 -> -50" the second is claimed; one that was rounded claims no more than
 * what rounds to it. Dates, shares in per cent, counts of steps, seeds or the like, and
 * numbers within names are no scores. Borrowed from prose. */
const char *claims_find(const char *prose, double most, double *claim);

#endif
