/* corpus.c - runs files through a fuzz target's entry point, without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 24];

    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t len = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
        if (!f) {
            perror(argv[i]);
            return 1;
        }
        fclose(f);
        LLVMFuzzerTestOneInput(bytes, len);
        for (size_t cut = len / 2; cut > 0; cut /= 2)
            LLVMFuzzerTestOneInput(bytes, cut);
    }
    return 0;
}
