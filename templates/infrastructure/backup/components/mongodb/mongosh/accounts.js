// Which accounts a dump brings.

const { accounts } = require('./read-dump.js');

module.exports = { ask: ({ dump }) => accounts(dump) };
