/* report_assets.h - the report's style and script as text. */
#ifndef RATCHET_RUNNER_REPORT_REPORT_ASSETS_H
#define RATCHET_RUNNER_REPORT_REPORT_ASSETS_H

extern const char report_css[], report_js[]; /* NUL-terminated */

#endif
