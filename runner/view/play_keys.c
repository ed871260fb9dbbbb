/* play_keys.c - which keys of a person's keyboard mean which action of an environment. */
#include "runner/view/play_keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_CHOICES 64 /* of a component, that are looked at */

static const char *const key_names[] = {
#define X(key, name) name,
    PLAY_KEYS(X)
#undef X
};

static const struct {
    const char *word;
    enum play_key key;
} words[] = {
    { "left", PLAY_left }, { "right", PLAY_right }, { "up", PLAY_up },
    { "down", PLAY_down }, { "fire", PLAY_fire },
};
#define N_WORDS (sizeof(words) / sizeof(*words))

/* The keys that a choice's name is made of; 0 when there is anything else in it. */
static unsigned keys_of_name(const char *name)
{
    unsigned keys = 0;

    while (*name) {
        size_t i = 0, len = 0;
        for (; i < N_WORDS && len == 0; i++)
            if (!strncasecmp(name, words[i].word, strlen(words[i].word))) {
                keys |= 1u << words[i].key;
                len = strlen(words[i].word);
            }
        if (len == 0)
            return 0;
        name += len;
    }
    return keys;
}

static void play_keys_add_row(struct play_keys *k, unsigned keys, int component,
                              double value, const char *does)
{
    struct play_row *row = &k->rows[k->n_rows];

    if (k->n_rows == PLAY_MAX_ROWS)
        return;
    k->n_rows++;
    *row = (struct play_row){ .keys = keys, .component = component, .value = value };
    for (int i = 0; i < N_PLAY_KEYS; i++)
        if (keys >> i & 1) {
            size_t n = strlen(row->name);
            snprintf(row->name + n, sizeof(row->name) - n, "%s%s", n ? " + " : "",
                     key_names[i]);
        }
    snprintf(row->does, sizeof(row->does), "%.30s: %.40s",
             k->env->actions[component].name, does);
}

static int count_choices(const struct env_action *a)
{
    double n = a->is_discrete && a->choices ? a->max - a->min + 1 : 0;

    return n >= 1 ? (int)fmin(n, MAX_CHOICES) : 0;
}

static bool add_named(struct play_keys *k, int component)
{
    const struct env_action *a = &k->env->actions[component];
    int before = k->n_rows, n = count_choices(a);

    for (int i = 0; i < n && a->choices[i]; i++)
        if (keys_of_name(a->choices[i]))
            play_keys_add_row(k, keys_of_name(a->choices[i]), component, a->min + i,
                              a->choices[i]);
    return k->n_rows > before;
}

static void add_value(struct play_keys *k, enum play_key key, int component, double value)
{
    const struct env_action *a = &k->env->actions[component];
    int choice = (int)fmax(0, fmin(value - a->min, MAX_CHOICES));
    char does[32];

    snprintf(does, sizeof(does), a->is_discrete ? "%.0f" : "%+g", value);
    play_keys_add_row(k, 1u << key, component, value,
                      choice < count_choices(a) ? a->choices[choice] : does);
}

static void play_keys_add_pair(struct play_keys *k, int pair, int component)
{
    static const enum play_key pairs[][2] = {
        { PLAY_left, PLAY_right },
        { PLAY_down, PLAY_up },
        { PLAY_second_less, PLAY_second_more },
        { PLAY_third_less, PLAY_third_more },
    };
    const struct env_action *a = &k->env->actions[component];

    if (pair >= (int)(sizeof(pairs) / sizeof(*pairs)))
        return;
    add_value(k, pairs[pair][0], component, a->is_discrete ? a->min : fmax(a->min, -1));
    add_value(k, pairs[pair][1], component, a->is_discrete ? a->max : fmin(a->max, 1));
}

void play_keys_init(struct play_keys *k, const struct env *env)
{
    bool is_named[ENV_MAX_ACTION] = { false };
    int pair = 0;

    *k = (struct play_keys){ .env = env };
    for (int i = 0; i < ENV_MAX_ACTION && env->actions[i].name; i++) {
        is_named[i] = add_named(k, i);
        if (is_named[i])
            pair = 2; /* the arrows have a meaning */
    }
    for (int i = 0; i < ENV_MAX_ACTION && env->actions[i].name; i++)
        if (!is_named[i])
            play_keys_add_pair(k, pair++, i);
}

bool play_keys_take(struct play_keys *k, const char *name, bool is_down)
{
    unsigned used = 0;
    int key = 0;

    for (int i = 0; i < k->n_rows; i++)
        used |= k->rows[i].keys;
    while (key < N_PLAY_KEYS && strcmp(key_names[key], name) != 0)
        key++;
    if (key == N_PLAY_KEYS || !(used >> key & 1))
        return false;
    if (is_down && !(k->held >> key & 1))
        k->pressed_at[key] = ++k->n_presses;
    if (is_down)
        k->tapped |= 1u << key;
    k->held = is_down ? k->held | 1u << key : k->held & ~(1u << key);
    return true;
}

/* The newest of the row's keys. */
static int64_t pressed_at(const struct play_keys *k, const struct play_row *row)
{
    int64_t newest = 0;

    for (int i = 0; i < N_PLAY_KEYS; i++)
        if ((row->keys >> i & 1) && k->pressed_at[i] > newest)
            newest = k->pressed_at[i];
    return newest;
}

static bool is_better(const struct play_keys *k, const struct play_row *row,
                      const struct play_row *than)
{
    int n = __builtin_popcount(row->keys), m = than ? __builtin_popcount(than->keys) : -1;

    return n > m || (n == m && pressed_at(k, row) > pressed_at(k, than));
}

void play_keys_action(struct play_keys *k, double *action)
{
    unsigned keys = k->held | k->tapped;

    k->tapped = 0;
    for (int c = 0; c < ENV_MAX_ACTION && k->env->actions[c].name; c++) {
        const struct play_row *best = NULL;
        for (int i = 0; i < k->n_rows; i++) {
            const struct play_row *row = &k->rows[i];
            if (row->component == c && (row->keys & keys) == row->keys &&
                is_better(k, row, best))
                best = row;
        }
        action[c] = best ? best->value : k->env->noop[c];
    }
}
