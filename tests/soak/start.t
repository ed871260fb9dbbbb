# start.t - a worker that hangs before the policy runs is started again; half a minute.
. tests/tap.sh

mkdir "$TMP/bin"
cp "$(dirname "$RATCHET")"/ratchet* "$TMP/bin/"
mv "$TMP/bin/ratchet-worker" "$TMP/bin/real-worker"
cat >"$TMP/bin/ratchet-worker" <<SH
#!/bin/sh
mkdir "$TMP/first" 2>/dev/null && exec sleep 600
exec "$TMP/bin/real-worker" "\$@"
SH
chmod +x "$TMP/bin/ratchet-worker"
expect "the next one plays" 0 '1 verified' "$TMP/bin/ratchet" run cartpole \
    policies/cartpole/start.lua -n 1 -j 1
[ -d "$TMP/first" ]
ok "the first one hung" $?
done_testing
