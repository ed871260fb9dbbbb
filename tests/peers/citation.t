# citation.t - CITATION.cff against the schema of the Citation File Format, by cffconvert of PyPI.
. tests/tap.sh
if python3 -m venv "$TMP/venv" >"$TMP/log" 2>&1 &&
    "$TMP/venv/bin/pip" install -q cffconvert==2.0.0 >"$TMP/log" 2>&1; then
    expect "CITATION.cff is valid" 0 'valid according to schema version 1.2.0' \
        "$TMP/venv/bin/cffconvert" --validate -i CITATION.cff
    sed 's/^authors:/writers:/' CITATION.cff >"$TMP/CITATION.cff"
    expect "one without authors is not" 1 'authors' \
        "$TMP/venv/bin/cffconvert" --validate -i "$TMP/CITATION.cff"
    expect "its version is that of the program" 0 \
        "^version: $("$RATCHET" --version | sed 's/ratchet //')\$" cat CITATION.cff
else
    skip "CITATION.cff is valid" "cffconvert cannot be installed" citation
fi
done_testing
