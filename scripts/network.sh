#!/usr/bin/env bash
# Two validators of the local chain on this machine, Alice and Bob, until Ctrl-C. With a folder, the
# chain is kept there, and goes on where it was; without, it is gone at the end.
#
#   scripts/network.sh [FOLDER]
#
# NETWORK_PORTS, a number, moves all ports by as much.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

die() {
    echo "network: $*" >&2
    exit 1
}

node=$CARGO_TARGET_DIR/release/zkml-node
[ -x "$node" ] || die "$node is missing: run \`cargo build --release\` first"

# Of each: JSON-RPC, metrics, other nodes.
offset=${NETWORK_PORTS:-0}
alice=($((9944 + offset)) $((9615 + offset)) $((30333 + offset)))
bob=($((9945 + offset)) $((9616 + offset)) $((30334 + offset)))

# By these secrets the two know each other. Everybody knows them: the nodes listen to this machine only.
alice_key=0000000000000000000000000000000000000000000000000000000000000001
alice_peer=12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp
bob_key=0000000000000000000000000000000000000000000000000000000000000002
bob_peer=12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD

# A node would take another port for JSON-RPC, and do without metrics.
for port in "${alice[@]}" "${bob[@]}"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        die "port $port is in use. Set NETWORK_PORTS=100, say, to move all ports by 100."
    fi
done

if [ $# -gt 0 ]; then
    folder=$1
    mkdir -p "$folder"
    kept="kept in $folder"
else
    folder=$(mktemp -d)
    kept="gone at the end"
fi

running=()
finish() {
    trap '' INT TERM
    # They write what they must, and end. Ctrl-C may have told them already.
    for id in "${running[@]}"; do kill -TERM "$id" 2>/dev/null || true; done
    for id in "${running[@]}"; do wait "$id" 2>/dev/null || true; done
    [ "$kept" != "gone at the end" ] || rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME KEY PEER OTHERS_PORT RPC METRICS PORT
start() {
    local name=$1 key=$2 peer=$3 others_port=$4
    # The logs' pipe outlives Ctrl-C, so that the nodes' last words arrive.
    "$node" --chain local "--$name" --base-path "$folder/$name" --node-key "$key" \
        --rpc-port "$5" --prometheus-port "$6" --listen-addr "/ip4/127.0.0.1/tcp/$7" \
        --bootnodes "/ip4/127.0.0.1/tcp/$others_port/p2p/$peer" \
        --no-mdns --no-telemetry --disable-log-color \
        2> >(trap '' INT TERM; tee "$folder/$name.log" | sed -u "s/^/$(printf '%-5s' "$name") /") &
    running+=($!)
}
start alice "$alice_key" "$bob_peer" "${bob[2]}" "${alice[@]}"
start bob "$bob_key" "$alice_peer" "${alice[2]}" "${bob[@]}"

# listens NAME RPC: waits until it does, at this port: between the check above and its start, another
# program may have taken it.
listens() {
    local log=$folder/$1.log
    until grep -qs 'JSON-RPC server: addr=' "$log"; do
        for id in "${running[@]}"; do
            kill -0 "$id" 2>/dev/null || die "a validator has ended: see its last lines above"
        done
        sleep 0.2
    done
    grep -q "JSON-RPC server: addr=127.0.0.1:$2," "$log" || die "port $2 is in use"
}
listens alice "${alice[0]}"
listens bob "${bob[0]}"

cat <<TEXT

        JSON-RPC              metrics
alice   ws://127.0.0.1:${alice[0]}   http://127.0.0.1:${alice[1]}/metrics
bob     ws://127.0.0.1:${bob[0]}   http://127.0.0.1:${bob[1]}/metrics
data    $folder ($kept), logs in alice.log and bob.log
Ctrl-C ends both.

TEXT

# Neither finalises without the other: so when one ends, both do.
wait -n "${running[@]}" || true
die "a validator has ended: see its last lines above"
