/* viewer.h - the parts of the viewer, which together draw the window; for runner/view/
 * alone. */
#ifndef RATCHET_RUNNER_VIEW_VIEWER_H
#define RATCHET_RUNNER_VIEW_VIEWER_H

#include "envs/canvas.h"
#include "runner/view/viewing.h"
#include "runner/view/ui.h"
#include "runner/view/view.h"

/* Who holds the mouse, see struct ui. */
enum { OWNER_NOBODY, OWNER_TIMELINE, OWNER_RANGE };

/* One replay's picture as it is on the screen. */
struct stage_picture {
    SDL_Texture *texture;
    struct canvas canvas;
    const struct player *player; /* what it shows: of whom, at, how large, with marks? */
    int64_t at;
    int scale;
    bool has_marks;
};

/* What the timeline shows of one replay, per pixel. */
struct timeline_row {
    double *returns;  /* n of them */
    uint32_t *events; /* n of them */
    int64_t known;    /* steps that were known when this was made */
};

struct timeline {
    int64_t from, to; /* the part that is shown; to <= from: all */
    struct timeline_row rows[VIEWING_TRACKS];
    int n; /* pixels */
    int64_t made_from, made_to;
    uint32_t made_ms;
    double low, high; /* of the returns */
};

/* The viewing says what is shown and where it stands; pictures and timeline are made of it
 * and may be thrown away: whoever changes the viewing's replays calls stage_forget and
 * timeline_forget, whoever changes anything that is seen sets is_dirty. has_whatif: the
 * second track is what-if's, not the user's. */
struct viewer {
    const struct view_options *options;
    struct ui ui;
    struct viewing viewing;
    struct stage_picture pictures[VIEWING_TRACKS];
    struct timeline timeline;
    SDL_Rect stage, panel, track, transport; /* where the parts are; track: timeline */
    int panel_scroll, panel_height;
    bool is_help, is_fullscreen, is_over, is_dirty;
    char message[512]; /* shown for a while */
    uint32_t message_ms;
    bool is_bad_message;

    char *policy; /* of what-if; NULL: none */
    int64_t policy_time, policy_checked_ms;
    int64_t *places; /* the steps of the options' flags */
    bool has_whatif; /* the second replay is one */
    int64_t whatif_step;
};

void viewer_say(struct viewer *v, bool is_bad, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A dropped file: a replay, or a policy for what-if. */
void viewer_drop(struct viewer *v, const char *path);

void stage_draw(struct viewer *v);
void stage_forget(struct viewer *v); /* the pictures' memory */

void timeline_draw(struct viewer *v);
void timeline_zoom(struct viewer *v, double factor, int64_t around);
void timeline_forget(struct viewer *v);

void panel_draw(struct viewer *v);
void transport_draw(struct viewer *v);

/* True when the key meant something. */
bool viewer_keys_take(struct viewer *v, const SDL_KeyboardEvent *key);
void viewer_keys_draw(struct viewer *v);

void export_frame(struct viewer *v);
void export_gif(struct viewer *v);
void export_mp4(struct viewer *v);
void export_strip(struct viewer *v);

void whatif_run(struct viewer *v);   /* from where the viewer stands */
void whatif_watch(struct viewer *v); /* again, when the policy's file has changed */

#endif
