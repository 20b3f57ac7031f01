// Which accounts a dump brings.

const { accounts } = require('./read-dump.js');

module.exports = { ask: ({ dump }) => accounts(dump) };
// f8a6ca0acb92361e backup/components/mongodb/mongosh/accounts.js
