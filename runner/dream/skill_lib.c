/* skill_lib.c - the folder of skills. */
#include "runner/dream/skill_lib.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scoped.h"
#include "runner/policy/skill.h"

#define MOST_BYTES (256u << 10)
#define TEST ".test.lua"

static const char *const parts[] = { ".cases", TEST, ".lua" };
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static int is_test(const struct dirent *e)
{
    size_t len = strlen(e->d_name), tail = strlen(TEST);

    return len > tail && strcmp(e->d_name + len - tail, TEST) == 0 && e->d_name[0] != '.';
}

json_t *skill_lib_list(const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_test, alphasort);
    json_t *names = json_array();

    for (int i = 0; i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(TEST)] = '\0';
        if (skill_is_name(entries[i]->d_name))
            json_array_append_new(names, json_string(entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return names;
}

static char *skill_lib_path_of(const char *folder, const char *name, const char *part)
{
    return xasprintf("%s/%s%s", folder, name, part);
}

char *skill_lib_cases(const char *folder, const char *name)
{
    return skill_lib_path_of(folder, name, ".cases");
}

char *skill_lib_policy(const char *folder, const char *name, struct error *err)
{
    scoped char *piece_path = skill_lib_path_of(folder, name, ".lua"),
                *path = skill_lib_path_of(folder, name, TEST);
    size_t len;
    scoped char *piece = (char *)file_load(piece_path, MOST_BYTES, &len, err);
    scoped char *rest = piece ? (char *)file_load(path, MOST_BYTES, &len, err) : NULL;
    char *policy = rest ? skill_compose(rest, piece) : NULL;

    if (rest && !policy)
        error_set(err, "%s: it has not exactly one line \"-- skill\", where %s goes",
                  path, piece_path);
    return policy;
}

static int skill_lib_save_one(const char *folder, const char *name, const char *part,
                              const char *text, struct error *err)
{
    scoped char *path = skill_lib_path_of(folder, name, part);

    return file_save(path, text, strlen(text), err);
}

int skill_lib_save(const char *folder, const char *name, const char *about,
                   const char *piece, const char *rest, struct error *err)
{
    scoped char *text = xasprintf("%s%s", about, piece);
    int status = skill_lib_save_one(folder, name, ".lua", text, err);

    if (status == 0)
        status = skill_lib_save_one(folder, name, TEST, rest, err);
    return status;
}

static int move_part(const char *from, const char *to, const char *name, const char *part,
                     bool is_check, struct error *err)
{
    scoped char *old = skill_lib_path_of(from, name, part),
                *new = skill_lib_path_of(to, name, part);
    int status = 0;

    if (access(new, F_OK) == 0)
        status = error_set(err, "%s: is there already; move it away", new);
    else if (!is_check && rename(old, new) != 0)
        status = error_set(err, "%s: %s", new, strerror(errno));
    return status;
}

int skill_lib_move(const char *from, const char *to, const char *name, struct error *err)
{
    for (size_t i = 0; i < N_PARTS; i++)
        if (move_part(from, to, name, parts[i], true, err) != 0)
            return -1;
    for (size_t i = 0; i < N_PARTS; i++)
        if (move_part(from, to, name, parts[i], false, err) != 0) {
            while (i-- > 0)
                move_part(to, from, name, parts[i], false, NULL);
            return -1;
        }
    return 0;
}

void skill_lib_remove(const char *folder, const char *name)
{
    scoped char *cases = skill_lib_cases(folder, name);

    for (size_t i = 1; i < N_PARTS; i++) {
        scoped char *path = skill_lib_path_of(folder, name, parts[i]);
        unlink(path);
    }
    file_remove_tree(cases);
}
