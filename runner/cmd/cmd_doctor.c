/* cmd_doctor.c - `ratchet doctor`: what this machine gives: the jail's layers, libraries,
 * fonts, a display. */
#include <limits.h>
#include <link.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/json.h"
#include "base/table.h"
#include "runner/agent/agent.h"
#include "runner/cmd/cmd.h"
#include "runner/model/model.h"
#include "runner/model/wire/prices.h"
#include "sandbox/jail.h"

#define FONT "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

/* A policy that tells the version of its Lua. */
static const char probe_source[] =
    "return { params = { lua = { default = tonumber(_VERSION:match('[%d.]+')) } },\n"
    "         act = function() return 0 end }\n";

/* Libraries by the beginning of their files' names. */
static const char *const libraries[] = {
    "libjansson", "libSDL2-",  "libSDL2_ttf", "libsqlite3", "libseccomp",
    "libzstd",    "libpng",    "libgif",      "libpopt",    "libcurl",
    "libmujoco",  "libc.",     NULL,
};

struct doctor {
    const struct env_registry *envs;
    json_t *libraries; /* name -> file */
    struct policy_facts facts;
    bool is_jailed;   /* the required layers are there */
    struct error why; /* when a worker cannot be started */
};

static int add_library(struct dl_phdr_info *info, size_t size, void *user)
{
    json_t *found = user;
    char path[PATH_MAX];
    const char *file;

    (void)size;
    if (!info->dlpi_name[0] || !realpath(info->dlpi_name, path))
        return 0;
    file = file_name(path);
    for (const char *const *l = libraries; *l; l++)
        if (!strncmp(file, *l, strlen(*l))) {
            size_t len = strcspn(*l, "-.");
            json_object_setn_new(found, *l, len, json_string(file));
        }
    return 0;
}

/* Starts a worker as an evaluation would. */
static void doctor_probe(struct doctor *d)
{
    const struct env *env = env_find(d->envs, "cartpole", &d->why);
    struct evaluation e = { .policy = { .name = "probe.lua", .source = probe_source } };
    struct task *task = env ? task_create(env) : NULL;

    e.task = task;
    if (task && evaluate_check(&e, &d->facts, &d->why) == 0) {
        d->is_jailed = true;
        if (d->facts.fault)
            error_set(&d->why, "%.900s", d->facts.fault_text);
    }
    task_destroy(task);
}

static const char *display(void)
{
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

    return x && *x ? x : wayland && *wayland ? wayland : NULL;
}

static json_t *models_json(void)
{
    json_t *models = json_object();

    for (const struct provider_kind *const *k = provider_kinds; *k; k++) {
        char why[512] = "";
        bool is_usable = !(*k)->is_usable || (*k)->is_usable(why, sizeof(why));
        json_object_set_new(models, (*k)->name,
                            is_usable ? json_true() : json_string(why));
    }
    return models;
}

/* Can agents of `command` be sealed here? */
static bool seals_agents(char why[512])
{
    struct agent_config here = { .folder = "." };

    why[0] = '\0';
    return agent_can_seal(&here, why, 512);
}

static void print_models(void)
{
    char unsealed[512];

    say("\nmodels (--model)\n");
    for (const struct provider_kind *const *k = provider_kinds; *k; k++) {
        char why[512] = "";
        bool is_usable = !(*k)->is_usable || (*k)->is_usable(why, sizeof(why));
        say("  %-16s %-4s %s\n", (*k)->name, is_usable ? "yes" : "no",
            is_usable ? (*k)->about : why);
    }
    if (!seals_agents(unsealed))
        say("  command's agents run UNSEALED here: %s\n", unsealed);
}

static json_t *doctor_to_json(const struct doctor *d, const struct utsname *machine)
{
    char why[512];
    json_t *layers = json_object();

    for (int i = 0; i < N_JAIL_LAYERS; i++)
        json_object_set_new(layers, jail_layer_name((enum jail_layer)i),
                            json_boolean(d->facts.jail_layers >> i & 1));
    return json_pack(
        "{s:s, s:s, s:i, s:b, s:o, s:b, s:s?, s:o, s:O, s:b, s:s?, s:s?, s:o, s:b}",
        "version", RATCHET_VERSION, "kernel", machine->release, "cores", setup_cores(),
        "root", geteuid() == 0, "jail", layers, "runs_policies",
        d->is_jailed && !d->why.text[0], "problem", d->why.text[0] ? d->why.text : NULL,
        "lua", json_finite(d->facts.n_params ? d->facts.params[0].value : 0), "libraries",
        d->libraries, "mujoco", json_object_get(d->libraries, "libmujoco") != NULL,
        "font", access(FONT, R_OK) == 0 ? FONT : NULL, "display", display(), "models",
        models_json(), "seals_agents", seals_agents(why));
}

static void doctor_print(const struct doctor *d, const struct utsname *machine)
{
    const char *name;
    json_t *file;

    say("ratchet %s, Linux %s, %d cores, as %s\n\njail\n", RATCHET_VERSION,
        machine->release, setup_cores(),
        geteuid() == 0 ? "root" : "an ordinary user");
    for (int i = 0; i < N_JAIL_LAYERS; i++)
        say("  %-14s %-4s %s%s\n", jail_layer_name((enum jail_layer)i),
            d->facts.jail_layers >> i & 1 ? "yes" : "no",
            jail_layer_help((enum jail_layer)i),
            JAIL_REQUIRED >> i & 1 ? "; required" : "");
    if (d->why.text[0])
        say("  policies cannot be run here: %s\n", d->why.text);
    else
        say("  policies run in workers with Lua %.1f\n", d->facts.params[0].value);
    say("\nlibraries\n");
    json_object_foreach(d->libraries, name, file)
        say("  %-14s %s\n", name, json_string_value(file));
    if (!json_object_get(d->libraries, "libmujoco"))
        say("  %-14s missing: its tasks are not there (libmujoco-dev)\n", "libmujoco");
    say("\npictures\n  %-14s %s\n  %-14s %s\n", "font",
        access(FONT, R_OK) == 0 ? FONT : "missing (fonts-dejavu-core)", "display",
        display() ? display() : "none: `ratchet view` needs one, nothing else does");
    print_models();
}

struct doctor_options {
    int prices;
};

/* What models cost, as far as it is known, and since when. */
static int show_prices(const struct call *c, struct error *err)
{
    struct prices *prices = prices_load(err);
    json_t *rows;

    if (!prices)
        return EXIT_FAILED;
    rows = prices_rows(prices);
    prices_destroy(prices);
    if (c->setup.json) {
        say_result(json_pack("{s:o}", "prices", rows));
    } else {
        table_print(stdout, rows);
        json_decref(rows);
        say("\nUS dollars for a million tokens; a row with `above` is for whole calls whose "
            "prompt is longer.\n~/.config/ratchet/prices.json says others; what stands in "
            "neither is unknown, not free.\n");
    }
    return cmd_done();
}

static int exec_doctor(struct call *c)
{
    const struct doctor_options *o = c->state;
    struct doctor d = { .envs = c->setup.envs, .libraries = json_object() };
    struct utsname machine;

    if (o->prices)
        return show_prices(c, &c->err);
    uname(&machine);
    dl_iterate_phdr(add_library, d.libraries);
    doctor_probe(&d);
    if (c->setup.json)
        say_result(doctor_to_json(&d, &machine));
    else
        doctor_print(&d, &machine);
    json_decref(d.libraries);
    return cmd_done();
}

/* clang-format off */
static const struct option options[] = {
    { "prices", '\0', FLAG_IN(doctor_options, prices), NULL,
      "list what models cost, with date and source" },
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

const struct command cmd_doctor = {
    .name = "doctor",
    .args = "",
    .about = "tell what this machine gives: jail, libraries, fonts, display, models",
    .details =
        "Starts a worker as an evaluation would and tells which layers of the jail hold.\n"
        "Untrusted policies are run only with those that are required, unless --unjailed is\n"
        "given.",
    .example = "ratchet doctor\nratchet doctor --json\nratchet doctor --prices",
    .options = options,
    .size = sizeof(struct doctor_options),
    .exec = exec_doctor,
};
