#!/bin/sh
# A private certificate authority, and a certificate for each node of the cluster. Runs before the nodes at every start, makes what is missing, and makes a certificate anew in its
# last four hundred days. Invariant: the authority's key is in AUTHORITY alone and a node's key in that node's folder alone, and an end at any moment is mended by the next run.
set -eu
umask 077

AUTHORITY=${AUTHORITY:-/authority}
TRUST=${TRUST:-/trust}
NODES=${NODES:-/nodes}
RENEW_SECONDS=34560000

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/request.cnf" <<'CNF'
[req]
distinguished_name = name
prompt = no
[name]
[root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CNF

# request FOLDER NAME COMMON_NAME OUT ARGUMENT…: a new key FOLDER/NAME.key.new, and what is made of it in OUT.
request() {
  key=$1/$2.key.new subject="/O=Navledger/CN=$3" out=$4
  shift 4
  openssl req -new -newkey rsa:3072 -nodes -sha256 -config "$work/request.cnf" -keyout "$key" -subj "$subject" -out "$out" "$@"
}

# replace FOLDER NAME: both files of a pair.
replace() {
  mv "$1/$2.key.new" "$1/$2.key"
  mv "$1/$2.crt.new" "$1/$2.crt"
}

# good FOLDER: whether its certificate is the authority's, belongs to its key and lasts.
good() {
  openssl verify -CAfile "$AUTHORITY/ca.crt" "$1/node.crt" >/dev/null 2>&1 &&
    [ "$(openssl x509 -in "$1/node.crt" -noout -pubkey)" = "$(openssl pkey -in "$1/node.key" -pubout)" ] &&
    openssl x509 -in "$1/node.crt" -noout -checkend "$RENEW_SECONDS" >/dev/null
}

if [ ! -f "$AUTHORITY/ca.crt" ]; then
  request "$AUTHORITY" ca 'Navledger store authority' "$AUTHORITY/ca.crt.new" -x509 -days 3650 -extensions root
  replace "$AUTHORITY" ca
  echo 'made an authority'
fi
cp "$AUTHORITY/ca.crt" "$TRUST/ca.crt.new"
chmod 644 "$TRUST/ca.crt.new"
mv "$TRUST/ca.crt.new" "$TRUST/ca.crt"

for node in kurrentdb-1 kurrentdb-2 kurrentdb-3; do
  folder=$NODES/$node
  if good "$folder"; then continue; fi
  # Nodes know one another by the common name, clients know a node by its host name.
  request "$folder" node kurrentdb-node "$work/node.csr"
  cat >"$work/node.cnf" <<CNF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:$node
CNF
  openssl x509 -req -in "$work/node.csr" -CA "$AUTHORITY/ca.crt" -CAkey "$AUTHORITY/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -sha256 -days 825 -extfile "$work/node.cnf" -out "$folder/node.crt.new"
  replace "$folder" node
  echo "made a certificate for $node"
done
