/* nightly_install.h - has `ratchet nightly` run every night, by systemd or by cron. */
#ifndef RATCHET_RUNNER_EXPERIMENT_NIGHTLY_INSTALL_H
#define RATCHET_RUNNER_EXPERIMENT_NIGHTLY_INSTALL_H

#include "runner/experiment/nightly_config.h"

/* Shows on stdout what would be written, for kind "systemd" (a user's timer) or "cron" (a
 * line of the crontab); with is_sure writes it. program and path (of the config) are
 * absolute. */
int nightly_install(const struct night_config *c, const char *kind, const char *program,
                    const char *path, bool is_sure, struct error *err);

#endif
