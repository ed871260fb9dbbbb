/* models.c - the text of the model files, put into the program by the assembler, so that
 * an installed program needs no path. Compiled from the tree's root. */
#include "envs/mujoco/core.h"

#define EMBED(task)                                          \
    __asm__(".pushsection .rodata\n"                         \
            ".global mujoco_xml_" #task "\n"                 \
            ".global mujoco_xml_" #task "_end\n"             \
            "mujoco_xml_" #task ":\n"                        \
            ".incbin \"envs/mujoco/models/" #task ".xml\"\n" \
            "mujoco_xml_" #task "_end:\n"                    \
            ".byte 0\n"                                      \
            ".popsection\n");
MUJOCO_MODELS(EMBED)
