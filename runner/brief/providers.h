/* providers.h - the rows of the provider table; each is in the file of its name. */
#ifndef RATCHET_RUNNER_BRIEF_PROVIDERS_H
#define RATCHET_RUNNER_BRIEF_PROVIDERS_H

#include "runner/brief/provider.h"

extern const struct provider_kind files_provider;
extern const struct provider_kind recorded_provider;
extern const struct provider_kind openai_provider;
extern const struct provider_kind responses_provider;
extern const struct provider_kind anthropic_provider;
extern const struct provider_kind search_provider;
extern const struct provider_kind mcp_provider;
extern const struct provider_kind best_of_provider;
extern const struct provider_kind command_provider;
extern const struct provider_kind ensemble_provider;

#endif
