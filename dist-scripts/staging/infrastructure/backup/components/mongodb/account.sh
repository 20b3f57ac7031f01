# --- MongoDB: the account that the next backup logs in with ---------------------------
#
# The accounts come back as they were, and so do their passwords. The private server has
# them already, and takes a login like any other: so it is tried there.

try_account() {
  if [[ -n ${INTO} || ${ACTION} != restore ]]; then
    return 0 # no server gets these accounts, or they are those of before
  fi
  write_mongodb_uri
  ask_private_mongod account
}

mongodb_account_script() {
  mongodb_connection_script
  cat <<'EOF_JS'
const uri = fs.readFileSync('mongodb.uri', 'utf8');
const [, login = ''] = /^mongodb(?:\+srv)?:\/\/([^@/?]*)@/.exec(uri) || [];
const option = (name) => (new RegExp('[?&]' + name + '=([^&]*)', 'i').exec(uri) || [, ''])[1];
const [source, mechanism] = [option('authSource') || 'admin', option('authMechanism')];
const byCertificate = mechanism === 'MONGODB-X509';
const place = encodeURIComponent(process.env.SOCKET) + '/?directConnection=true&serverSelectionTimeoutMS=20000';
const answer = { account: login && decodeURIComponent(source) + '.' + decodeURIComponent(login.split(':')[0]), means: 'the password of now', refused: '', untried: '', cure: '' };
const brief = (error) => String(error.message).split('\n')[0].replace(/[^\s@/]*@/g, '***@');
if (byCertificate) {
  answer.means = 'its certificate';
  try { // whose it is, the server of now says
    const [{ db, user }] = new Mongo(directly(uri, true, 5000)).getDB('admin').runCommand({ connectionStatus: 1 }).authInfo.authenticatedUsers;
    answer.account = db + '.' + user;
  } catch (error) {
    answer.untried = 'whose certificate it is, the server of now does not say: ' + brief(error);
  }
} else if (mechanism !== '' && !mechanism.startsWith('SCRAM')) answer.untried = mechanism + ' needs the real server';
if (answer.account !== '' && answer.untried === '') {
  try {
    const known = new Mongo('mongodb://' + place).getDB('admin').getCollection('system.users').findOne({ _id: answer.account }) !== null;
    answer.refused = known ? 'its password was another one then' : 'there was no such account then';
    const dot = answer.account.indexOf('.');
    const [database, user] = [answer.account.slice(0, dot), answer.account.slice(dot + 1)].map((name) => JSON.stringify(name));
    const password = byCertificate ? '' : 'pwd: passwordPrompt(), ';
    answer.cure = 'db.getSiblingDB(' + database + (known ? ').changeUserPassword(' + user + ', passwordPrompt())'
      : ').createUser({ user: ' + user + ', ' + password + "roles: ['backup', 'clusterMonitor', 'restore'].map((role) => ({ role, db: 'admin' })) })");
    if (known && !byCertificate) new Mongo('mongodb://' + login + '@' + place + '&authSource=' + source + (mechanism && '&authMechanism=' + mechanism)).getDB('admin').runCommand({ ping: 1 });
    if (known) answer.refused = '';
  } catch (error) {
    if (error.code !== 18) [answer.refused, answer.untried] = ['', brief(error)];
  }
}
fs.writeFileSync('account.json', JSON.stringify(answer));
EOF_JS
}

# The last word of a restore, for it is the next backup that meets with it.
tell_account() {
  local account refused untried means cure
  if [[ ! -s ${WORK_DIR}/account.json || " ${FAILED[*]} " == *' mongodb '* ]]; then
    return 0
  fi
  account="$(jq --raw-output .account "${WORK_DIR}/account.json")"
  refused="$(jq --raw-output .refused "${WORK_DIR}/account.json")"
  untried="$(jq --raw-output .untried "${WORK_DIR}/account.json")"
  if [[ -n ${untried} ]]; then
    info "whether the account of MONGODB_URI can still log in was not tried (${untried})"
  elif [[ -n ${refused} ]]; then
    means="$(jq --raw-output .means "${WORK_DIR}/account.json")"
    cure="$(jq --raw-output .cure "${WORK_DIR}/account.json")"
    warn "the accounts of MongoDB are those of ${POINT} again, and ${account} of MONGODB_URI cannot log in with ${means}: ${refused}. The next backup will fail with that account: write the one of then into ${ENV_FILE}, or mend it with another account, in mongosh: ${cure}. The application's own account may need the same"
  fi
}
# 0a5918c38c9a636b backup/components/mongodb/account.sh
