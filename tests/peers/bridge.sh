# bridge.sh - for the bridge's tests: sourced after tap.sh. The virtual environment is kept in
# $BUILD/peers/bridge, so that only the first run asks the package index.
RATCHET_BRIDGE=${RATCHET_BRIDGE:-$PWD/$BUILD/peers/bridge}
BRIDGE_BIN=$PWD/$BUILD/tests # where programs find envs/bridge/ by their own place
export RATCHET_BRIDGE

# Installs the bridge; where that is not possible, skips and fails (a failure with REQUIRE=ale).
bridge_ready() {
    "$RATCHET" bridge check >/dev/null 2>&1 && return 0
    if "$RATCHET" bridge install >"$TMP/install.log" 2>&1; then
        return 0
    fi
    skip "the bridge" "cannot be installed: $(tail -1 "$TMP/install.log")" ale
    return 1
}

# What a program that is linked with libratchet.a needs.
bridge_libs() {
    pkg-config --libs jansson sdl2 SDL2_ttf sqlite3 libseccomp libzstd libxxhash libpng popt \
        libmd libcurl
    [ ! -f /usr/include/mujoco/mujoco.h ] || echo -lmujoco
    echo -lgif -ldl -lpthread -lm
}

# RATCHET_BRIDGE becomes a home whose bridge has gym_spaces.py's environments beside its own.
bridge_with_spaces() {
    mkdir -p "$TMP/spaces/bin"
    printf '#!/bin/sh\nshift 2\nexec %s -I -u %s/tests/peers/gym_spaces.py "$@"\n' \
        "$RATCHET_BRIDGE/bin/python" "$PWD" >"$TMP/spaces/bin/python"
    chmod +x "$TMP/spaces/bin/python"
    RATCHET_BRIDGE=$TMP/spaces
}
