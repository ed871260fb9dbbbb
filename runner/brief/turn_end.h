/* turn_end.h - how a model's reply ended: by itself, or cut, filtered, refused, paused.
 */
#ifndef RATCHET_RUNNER_BRIEF_TURN_END_H
#define RATCHET_RUNNER_BRIEF_TURN_END_H

/* Our word for a request that was refused for its length; servers have many. */
#define TURN_OVERFLOW "context_overflow"

enum turn_end {
    TURN_WHOLE,
    TURN_CUT,      /* at a limit of tokens */
    TURN_FILTERED, /* by the provider's filter of contents */
    TURN_REFUSED,  /* by the model */
    TURN_PAUSED,   /* by the server, which goes on when it is asked to */
    TURN_FAILED,   /* in the server, in the middle of the reply */
    TURN_TOO_LONG, /* before it began: the model does not take so long a conversation */
};

/* What a server's word means: finish_reason, stop_reason, a reason of incompleteness.
 * What is not known is taken for a whole reply. */
enum turn_end turn_end_of(const char *word);

/* What happened, for a person: "was cut off at the token limit". Constant. */
const char *turn_end_text(enum turn_end end);

/* What the model is told when it is asked again; `word` is the server's, `said` what came
 * of the reply. The caller frees it. */
char *turn_end_request(enum turn_end end, const char *word, const char *said);

#endif
