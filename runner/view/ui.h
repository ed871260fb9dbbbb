/* ui.h - the window: drawing, text, and what mouse and keys did since the last
 * picture. */
#ifndef RATCHET_RUNNER_VIEW_UI_H
#define RATCHET_RUNNER_VIEW_UI_H

#include <stdbool.h>
#include <stdint.h>

#include <SDL2/SDL.h>
#include <SDL2/SDL_ttf.h>

#include "base/error.h"

/* Colours, 0xRRGGBB: calm and dark, one accent; red is for failures alone. */
enum {
    UI_GROUND = 0x14161a,
    UI_SURFACE = 0x1b1e24,
    UI_RAISED = 0x262a33,
    UI_HOVER = 0x323844,
    UI_LINE = 0x2e333d,
    UI_TEXT = 0xd8dce4,
    UI_DIM = 0x8b92a0,
    UI_FAINT = 0x59606d,
    UI_ACCENT = 0x4cc2b0,
    UI_SECOND = 0xd8dce4, /* the curve of the second replay */
    UI_FAILURE = 0xff6b5e,
};

#define UI_GRID 4 /* pixels; places and sizes are multiples */

enum ui_font { UI_PLAIN, UI_BOLD, UI_MONO, UI_N_FONTS };

struct ui_glyph; /* a drawn character, see ui_text.c */

struct ui {
    SDL_Window *window;
    SDL_Renderer *renderer;
    TTF_Font *fonts[UI_N_FONTS];
    struct ui_glyph *glyphs; /* a cache */
    int width, height;

    /* The mouse since the last picture. */
    int x, y, wheel;
    int pressed_x, pressed_y;
    bool is_down, was_pressed, was_released;
    int owner; /* who holds the mouse while it is down (see timeline.c); 0: nobody */
    bool has_shift;

    char tip[256]; /* shown at the mouse when this picture is done */
};

int ui_open(struct ui *ui, const char *title, int width, int height, struct error *err);
void ui_close(struct ui *ui); /* also what a failed ui_open left */

/* Takes in a mouse or window event. */
void ui_take(struct ui *ui, const SDL_Event *event);
void ui_begin(struct ui *ui);
void ui_end(struct ui *ui);

bool ui_is_over(const struct ui *ui, const SDL_Rect *r);
/* Pressed inside r since the last picture. */
bool ui_is_clicked(const struct ui *ui, const SDL_Rect *r);
void ui_set_tip(struct ui *ui, const char *text);

void ui_fill(struct ui *ui, int x, int y, int w, int h, uint32_t color);
void ui_outline(struct ui *ui, const SDL_Rect *r, uint32_t color);
/* A filled shape in a square of `size` pixels whose middle is x, y. */
enum ui_shape { UI_DOWN, UI_RIGHT, UI_LEFT, UI_DIAMOND, UI_SQUARE, UI_CROSS };
void ui_shape(struct ui *ui, enum ui_shape shape, int x, int y, int size, uint32_t color);

/* A button; true when it was clicked. An active one is lit. */
bool ui_button(struct ui *ui, const SDL_Rect *r, const char *text, bool is_active,
               const char *tip);

/* UTF-8 text from its top left, cut at max_width pixels (0: not cut). Returns its
 * width. */
int ui_text(struct ui *ui, enum ui_font font, int x, int y, int max_width, uint32_t color,
            const char *text);
int ui_text_width(struct ui *ui, enum ui_font font, const char *text);
int ui_text_height(struct ui *ui, enum ui_font font);
/* In several lines of max_width pixels, at most max_lines. Returns the height. */
int ui_paragraph(struct ui *ui, enum ui_font font, int x, int y, int max_width,
                 int max_lines, uint32_t color, const char *text);

int ui_text_open(struct ui *ui, struct error *err);
void ui_text_close(struct ui *ui);

#endif
