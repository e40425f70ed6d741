# shellcheck shell=bash
# Debian 12 packages by what they are needed for; the only list of them.

PACKAGES_RUN=(postgresql-15 s6 jq procps)
PACKAGES_LIBRARIES=(libuv1 libzmq5 libpq5 libprotobuf-c1 libyaml-0-2 libsodium23 libjansson4)
PACKAGES_BUILD=(gcc libc6-dev cmake ninja-build pkg-config protobuf-c-compiler libuv1-dev libzmq3-dev libpq-dev
  libprotobuf-c-dev libyaml-dev libsodium-dev libjansson-dev)
PACKAGES_TEST=(libcmocka-dev clang libclang-rt-14-dev llvm spin python3 python3-pytest python3-zmq python3-psycopg
  python3-protobuf python3-hypothesis protobuf-compiler)
