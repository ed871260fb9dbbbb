# corpora.t - the saved inputs of every fuzzer, whole and cut, through its entry point.
. tests/tap.sh

for folder in tests/fuzz/corpus/*/; do
    name=$(basename "$folder")
    output=$("$BUILD/tests/fuzz_$name" "$folder"* 2>&1)
    ok "$name" $? "$output"
done
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    [ -d "tests/fuzz/corpus/${name#fuzz_}" ]
    ok "$name has saved inputs" $?
done
done_testing
