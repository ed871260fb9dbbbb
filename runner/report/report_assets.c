/* report_assets.c - the report's style and script, put into the program by the assembler,
 * so that an installed program needs no path. Compiled from the tree's root. */
#include "runner/report/report_assets.h"

#define EMBED(name, file)                     \
    __asm__(".pushsection .rodata\n"          \
            ".global " #name "\n" #name ":\n" \
            ".incbin \"" file "\"\n"          \
            ".byte 0\n"                       \
            ".popsection\n");
EMBED(report_css, "runner/report/report.css")
EMBED(report_js, "runner/report/report.js")
