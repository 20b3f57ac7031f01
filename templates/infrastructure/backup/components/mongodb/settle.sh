# --- MongoDB: what was recovered, compared with what must be there -------------------

mongodb_settle_script() {
  cat <<'EOF_JS'
const fs = require('fs');
const here = process.cwd();
const told = await require(here + '/settler.js').settle({ socket: process.env.SOCKET, loaded: JSON.parse(fs.readFileSync('load.json', 'utf8')),
  member: process.env.MEMBER, added: JSON.parse(process.env.ADDED), oplogBytes: Number(process.env.OPLOG_BYTES) });
fs.writeFileSync('settle.json', JSON.stringify(told));
EOF_JS
}
