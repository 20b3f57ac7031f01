// @ts-check
// Runs in mongosh, beside a run: what is asked is found in the work directory, and the
// answer is left there. It ends when the run does, or when nobody asks any more.

const fs = require('fs');

/**
 * A question is a module beside this one. It gets what it was asked with, and what only the
 * shell has. Where it fails, its log says why, and there is no answer.
 * @param {string} name
 * @param {Record<string, string>} asked
 * @param {object} shell
 */
async function answer(name, asked, shell) {
  try {
    const { ask } = require('./' + name + '.js');
    fs.writeFileSync(name + '.json', JSON.stringify(await ask(asked, shell)));
  } catch (/** @type {any} */ error) {
    fs.writeFileSync(name + '.log', String(error.message || error) + '\n');
  }
}

/**
 * The name of a question, and what it is asked with, as name=value.
 * @param {string} text
 */
function questionIn(text) {
  const [name = '', ...settings] = text.split('\0').slice(0, -1);
  return { name, asked: Object.fromEntries(settings.map((setting) => [setting.slice(0, setting.indexOf('=')), setting.slice(setting.indexOf('=') + 1)])) };
}

/** @param {{ sleep: (milliseconds: number) => Promise<void> | void }} shell */
async function answerQuestions(shell) {
  const answered = fs.openSync('answered', 'r+');
  let since = Date.now();
  while (fs.existsSync('/proc/' + process.env['run']) && Date.now() - since < 5000) {
    if (fs.existsSync('question')) {
      const { name, asked } = questionIn(fs.readFileSync('question', 'utf8'));
      fs.unlinkSync('question');
      await answer(name, asked, shell);
      fs.writeSync(answered, name + '\n');
      since = Date.now();
    } else {
      await shell.sleep(10);
    }
  }
}

module.exports = { answerQuestions, questionIn };
// 757b3e5839e87512 backup/components/mongodb/mongosh/loop.js
