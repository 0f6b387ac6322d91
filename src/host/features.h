/*
 * features.h - what mini-run understands, as the features document of the specification (features.md).
 */
#ifndef HOST_FEATURES_H
#define HOST_FEATURES_H

#include "base/text.h"

/* Adds the document, indented, without a newline behind it. @version and @commit are mini-run's. */
void features_json(const char *version, const char *commit, struct text *t);

#endif
