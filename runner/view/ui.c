/* ui.c - the window: drawing, and what the mouse did since the last picture. */
#include "runner/view/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ui_open(struct ui *ui, const char *title, int width, int height, struct error *err)
{
    const char *wanted = getenv("SDL_VIDEODRIVER");

    memset(ui, 0, sizeof(*ui));
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "nearest");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); /* or OpenGL would be emulated */
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0)
        return error_set(err, "view: there is no screen: %s", SDL_GetError());
    /* Without a screen SDL draws where nobody sees it, and the window would wait forever.
     */
    if (!strcmp(SDL_GetCurrentVideoDriver(), "offscreen") && (!wanted || !wanted[0]))
        return error_set(err, "view: there is no screen: neither DISPLAY nor "
                              "WAYLAND_DISPLAY names one that answers");
    ui->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                  width, height, SDL_WINDOW_RESIZABLE);
    if (ui->window)
        ui->renderer = SDL_CreateRenderer(ui->window, -1, SDL_RENDERER_SOFTWARE);
    if (!ui->renderer)
        return error_set(err, "view: no window can be opened: %s", SDL_GetError());
    SDL_SetWindowMinimumSize(ui->window, 720, 480);
    /* Nothing here is half transparent but text; blending would take ten times as
     * long. */
    SDL_SetRenderDrawBlendMode(ui->renderer, SDL_BLENDMODE_NONE);
    SDL_GetMouseState(&ui->x, &ui->y);
    return ui_text_open(ui, err);
}

void ui_close(struct ui *ui)
{
    ui_text_close(ui);
    if (ui->renderer)
        SDL_DestroyRenderer(ui->renderer);
    if (ui->window)
        SDL_DestroyWindow(ui->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

void ui_take(struct ui *ui, const SDL_Event *event)
{
    if (event->type == SDL_MOUSEMOTION) {
        ui->x = event->motion.x;
        ui->y = event->motion.y;
    } else if (event->type == SDL_MOUSEBUTTONDOWN &&
               event->button.button == SDL_BUTTON_LEFT) {
        ui->x = ui->pressed_x = event->button.x;
        ui->y = ui->pressed_y = event->button.y;
        ui->is_down = ui->was_pressed = true;
    } else if (event->type == SDL_MOUSEBUTTONUP &&
               event->button.button == SDL_BUTTON_LEFT) {
        ui->x = event->button.x;
        ui->y = event->button.y;
        ui->is_down = false;
        ui->was_released = true;
    } else if (event->type == SDL_MOUSEWHEEL) {
        ui->wheel += event->wheel.y;
    }
    ui->has_shift = (SDL_GetModState() & KMOD_SHIFT) != 0;
}

void ui_begin(struct ui *ui)
{
    SDL_GetRendererOutputSize(ui->renderer, &ui->width, &ui->height);
    ui->tip[0] = 0;
    ui_fill(ui, 0, 0, ui->width, ui->height, UI_GROUND);
}

static void draw_tip(struct ui *ui)
{
    int width = ui_text_width(ui, UI_PLAIN, ui->tip) + 16;
    int height = ui_text_height(ui, UI_PLAIN) + 8;
    int x = ui->x + 12, y = ui->y - height - 8;

    if (x + width > ui->width - UI_GRID)
        x = ui->width - UI_GRID - width;
    if (y < UI_GRID)
        y = ui->y + 20;
    SDL_Rect r = { x, y, width, height };
    ui_fill(ui, x, y, width, height, UI_RAISED);
    ui_outline(ui, &r, UI_FAINT);
    ui_text(ui, UI_PLAIN, x + 8, y + 4, 0, UI_TEXT, ui->tip);
}

void ui_end(struct ui *ui)
{
    if (ui->tip[0])
        draw_tip(ui);
    SDL_RenderPresent(ui->renderer);
    ui->was_pressed = ui->was_released = false;
    ui->wheel = 0;
    if (!ui->is_down)
        ui->owner = 0;
}

bool ui_is_over(const struct ui *ui, const SDL_Rect *r)
{
    const SDL_Point at = { ui->x, ui->y };

    return SDL_PointInRect(&at, r);
}

bool ui_is_clicked(const struct ui *ui, const SDL_Rect *r)
{
    const SDL_Point at = { ui->pressed_x, ui->pressed_y };

    return ui->was_pressed && SDL_PointInRect(&at, r);
}

void ui_set_tip(struct ui *ui, const char *text)
{
    snprintf(ui->tip, sizeof(ui->tip), "%s", text);
}

static void set_color(struct ui *ui, uint32_t color)
{
    SDL_SetRenderDrawColor(ui->renderer, (Uint8)(color >> 16), (Uint8)(color >> 8),
                           (Uint8)color, 255);
}

void ui_fill(struct ui *ui, int x, int y, int w, int h, uint32_t color)
{
    SDL_Rect r = { x, y, w, h };

    set_color(ui, color);
    SDL_RenderFillRect(ui->renderer, &r);
}

void ui_outline(struct ui *ui, const SDL_Rect *r, uint32_t color)
{
    set_color(ui, color);
    SDL_RenderDrawRect(ui->renderer, r);
}

/* How far a shape reaches left and right of its middle in row `row` of `size`. */
static void shape_row(enum ui_shape shape, int row, int size, int *left, int *right)
{
    int half = size / 2, off = row - half, away = off < 0 ? -off : off;

    *left = *right = half;
    switch (shape) {
    case UI_DOWN:
        *left = *right = (size - row) / 2;
        break;
    case UI_RIGHT:
        *left = half;
        *right = half - 2 * away;
        break;
    case UI_LEFT:
        *right = half;
        *left = half - 2 * away;
        break;
    case UI_DIAMOND:
        *left = *right = half - away;
        break;
    case UI_SQUARE:
    case UI_CROSS:
        break;
    }
}

void ui_shape(struct ui *ui, enum ui_shape shape, int x, int y, int size, uint32_t color)
{
    int half = size / 2;

    set_color(ui, color);
    if (shape == UI_CROSS) {
        for (int i = 0; i < 2; i++) {
            SDL_RenderDrawLine(ui->renderer, x - half + i, y - half, x + half + i,
                               y + half);
            SDL_RenderDrawLine(ui->renderer, x - half + i, y + half, x + half + i,
                               y - half);
        }
        return;
    }
    for (int row = 0; row <= 2 * half; row++) {
        int left, right;
        shape_row(shape, row, 2 * half, &left, &right);
        if (left + right >= 0)
            SDL_RenderDrawLine(ui->renderer, x - left, y - half + row, x + right,
                               y - half + row);
    }
}

bool ui_button(struct ui *ui, const SDL_Rect *r, const char *text, bool is_active,
               const char *tip)
{
    bool is_over = ui_is_over(ui, r) && ui->owner == 0;
    int width = ui_text_width(ui, UI_PLAIN, text);

    ui_fill(ui, r->x, r->y, r->w, r->h, is_over ? UI_HOVER : UI_RAISED);
    if (is_active)
        ui_fill(ui, r->x, r->y + r->h - 2, r->w, 2, UI_ACCENT);
    ui_text(ui, UI_PLAIN, r->x + (r->w - width) / 2,
            r->y + (r->h - ui_text_height(ui, UI_PLAIN)) / 2, 0,
            is_active ? UI_TEXT
            : is_over ? UI_TEXT
                      : UI_DIM,
            text);
    if (is_over && tip)
        ui_set_tip(ui, tip);
    return ui_is_clicked(ui, r);
}
