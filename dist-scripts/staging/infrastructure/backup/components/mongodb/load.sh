# --- MongoDB: the dump and its oplog, laid before the server -------------------------

mongodb_load_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const here = process.cwd();
require(here + '/wire.js').decimals.of = (text) => NumberDecimal(text).buffer || NumberDecimal(text).bytes;
const [t, i] = process.env.LIMIT.split(':').map(Number);
const told = await require(here + '/loader.js').load({ socket: process.env.SOCKET, dump: process.env.DUMP, oplog: here + '/oplog', limit: { t, i },
  expected: JSON.parse(fs.readFileSync('expected.json', 'utf8')), oplogBytes: process.env.OPLOG_BYTES, set: process.env.REPLICA_SET, member: process.env.SOCKET });
fs.writeFileSync('load.json', JSON.stringify(told));
EOF_JS
}
# 4d0acc42f34da1f8 backup/components/mongodb/load.sh
