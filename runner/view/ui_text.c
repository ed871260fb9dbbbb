/* ui_text.c - text in the window. Each character is drawn once by SDL_ttf and kept as a
 * small texture, for the numbers on the screen change sixty times a second. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/view/ui.h"

#define FONT_FOLDER "/usr/share/fonts/truetype/dejavu/"
#define FONT_SIZE 13
#define N_GLYPHS 2048 /* slots of the cache; a power of two */
#define REPLACEMENT 0xfffd

struct ui_glyph {
    uint32_t key; /* character and font; 0: free */
    int advance;
    SDL_Texture *texture; /* NULL for a blank */
    int width, height;
};

int ui_text_open(struct ui *ui, struct error *err)
{
    static const char *const files[UI_N_FONTS] = {
        [UI_PLAIN] = FONT_FOLDER "DejaVuSans.ttf",
        [UI_BOLD] = FONT_FOLDER "DejaVuSans-Bold.ttf",
        [UI_MONO] = FONT_FOLDER "DejaVuSansMono.ttf",
    };

    if (TTF_Init() != 0)
        return error_set(err, "view: fonts cannot be used: %s", TTF_GetError());
    for (int i = 0; i < UI_N_FONTS; i++) {
        if (access(files[i], R_OK) != 0)
            return error_set(err,
                             "view: %s is missing: install the package fonts-dejavu-core",
                             files[i]);
        ui->fonts[i] = TTF_OpenFont(files[i], FONT_SIZE);
        if (!ui->fonts[i])
            return error_set(err, "view: %s: %s", files[i], TTF_GetError());
        TTF_SetFontHinting(ui->fonts[i], TTF_HINTING_LIGHT);
    }
    ui->glyphs = xcalloc(N_GLYPHS, sizeof(*ui->glyphs));
    return 0;
}

void ui_text_close(struct ui *ui)
{
    for (int i = 0; ui->glyphs && i < N_GLYPHS; i++)
        if (ui->glyphs[i].texture)
            SDL_DestroyTexture(ui->glyphs[i].texture);
    free(ui->glyphs);
    ui->glyphs = NULL;
    for (int i = 0; i < UI_N_FONTS; i++)
        if (ui->fonts[i])
            TTF_CloseFont(ui->fonts[i]);
    if (TTF_WasInit())
        TTF_Quit();
}

static void draw_glyph(struct ui *ui, enum ui_font font, uint32_t character,
                       struct ui_glyph *g)
{
    const SDL_Color white = { 255, 255, 255, 255 };
    SDL_Surface *surface = NULL;

    if (!TTF_GlyphIsProvided32(ui->fonts[font], character))
        character = REPLACEMENT;
    TTF_GlyphMetrics32(ui->fonts[font], character, NULL, NULL, NULL, NULL, &g->advance);
    if (character != ' ')
        surface = TTF_RenderGlyph32_Blended(ui->fonts[font], character, white);
    if (!surface)
        return;
    g->texture = SDL_CreateTextureFromSurface(ui->renderer, surface);
    g->width = surface->w;
    g->height = surface->h;
    SDL_FreeSurface(surface);
}

/* From the cache; what was in its place goes. */
static const struct ui_glyph *find_glyph(struct ui *ui, enum ui_font font,
                                         uint32_t character)
{
    uint32_t key = (character << 2 | (uint32_t)font) + 1;
    struct ui_glyph *g = &ui->glyphs[(key * 2654435761u >> 16) % N_GLYPHS];

    if (g->key != key) {
        if (g->texture)
            SDL_DestroyTexture(g->texture);
        *g = (struct ui_glyph){ .key = key };
        draw_glyph(ui, font, character, g);
    }
    return g;
}

/* The next character; text is well-formed UTF-8 where it matters, else bytes are
 * skipped. */
static uint32_t next_character(const char **text)
{
    const uint8_t *s = (const uint8_t *)*text;
    int more = *s < 0xc0 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? *s : *s & (0x3fu >> more);

    if (*s >= 0x80 && *s < 0xc0)
        c = REPLACEMENT;
    for (s++; more > 0 && (*s & 0xc0) == 0x80; more--, s++)
        c = c << 6 | (*s & 0x3f);
    *text = (const char *)s;
    return more > 0 ? REPLACEMENT : c;
}

static int ui_text_write_text(struct ui *ui, enum ui_font font, int x, int y,
                              uint32_t color, const char *text, const char *end)
{
    int left = x;

    while (*text && (!end || text < end)) {
        const struct ui_glyph *g = find_glyph(ui, font, next_character(&text));
        if (g->texture) {
            SDL_Rect to = { left, y, g->width, g->height };
            SDL_SetTextureColorMod(g->texture, (Uint8)(color >> 16), (Uint8)(color >> 8),
                                   (Uint8)color);
            SDL_RenderCopy(ui->renderer, g->texture, NULL, &to);
        }
        left += g->advance;
    }
    return left - x;
}

/* How many bytes of text fit into max_width pixels. */
static size_t fitting(struct ui *ui, enum ui_font font, const char *text, int max_width)
{
    const char *at = text;
    int width = 0;

    while (*at) {
        const char *next = at;
        width += find_glyph(ui, font, next_character(&next))->advance;
        if (width > max_width)
            break;
        at = next;
    }
    return (size_t)(at - text);
}

int ui_text_width(struct ui *ui, enum ui_font font, const char *text)
{
    int width = 0;

    while (*text)
        width += find_glyph(ui, font, next_character(&text))->advance;
    return width;
}

int ui_text_height(struct ui *ui, enum ui_font font)
{
    return TTF_FontHeight(ui->fonts[font]);
}

int ui_text(struct ui *ui, enum ui_font font, int x, int y, int max_width, uint32_t color,
            const char *text)
{
    static const char dots[] = "\xe2\x80\xa6";

    if (max_width <= 0 || ui_text_width(ui, font, text) <= max_width)
        return ui_text_write_text(ui, font, x, y, color, text, NULL);
    int room = max_width - ui_text_width(ui, font, dots);
    int width = ui_text_write_text(ui, font, x, y, color, text,
                                   text + fitting(ui, font, text, room));
    return width + ui_text_write_text(ui, font, x + width, y, color, dots, NULL);
}

/* The bytes of the first line, broken at a space where there is one. */
static size_t line_length(struct ui *ui, enum ui_font font, const char *text,
                          int max_width)
{
    size_t end = strcspn(text, "\n"), fit = fitting(ui, font, text, max_width), at;

    if (end <= fit)
        return end;
    for (at = fit; at > 0 && text[at] != ' '; at--)
        continue;
    return at > 0 ? at : fit > 0 ? fit : 1;
}

int ui_paragraph(struct ui *ui, enum ui_font font, int x, int y, int max_width,
                 int max_lines, uint32_t color, const char *text)
{
    int height = ui_text_height(ui, font) + 1, top = y;

    for (int i = 0; i < max_lines && *text; i++, y += height) {
        size_t len = line_length(ui, font, text, max_width);
        if (i == max_lines - 1 && text[len]) {
            ui_text(ui, font, x, y, max_width, color, text);
            return y + height - top;
        }
        ui_text_write_text(ui, font, x, y, color, text, text + len);
        text += len;
        text += *text == ' ' || *text == '\n';
    }
    return y - top;
}
