import type { CommandModule } from 'yargs';
import { print } from './terminal.ts';

export const completionCommand: CommandModule = {
  command: 'completion',
  describe: 'Print what completes "npx lifeboat" in bash; zsh takes it after bashcompinit',
  builder: (yargs) => yargs.example('source <($0 completion)', 'for this shell; in ~/.bashrc for every one'),
  handler: () => {
    print(SCRIPT);
  },
};

// yargs completes only a program that is on the PATH, and lifeboat is started by npx. What npx is used for besides is completed as before, by
// the names of files.
const SCRIPT = `# Completes lifeboat and npx lifeboat. Load it where the shell starts: source <(npx lifeboat completion)
_lifeboat() {
  local first=0 words=''
  COMPREPLY=()
  if [[ \${COMP_WORDS[0]##*/} == npx ]]; then
    first=1
    words='lifeboat'
  fi
  if [[ \${COMP_WORDS[first]##*/} == lifeboat ]] && ((COMP_CWORD > first)); then
    words="$(npx --no-install lifeboat --get-yargs-completions lifeboat "\${COMP_WORDS[@]:first+1:COMP_CWORD-first}" 2>/dev/null)"
  elif ((COMP_CWORD != first)); then
    return 0
  fi
  mapfile -t COMPREPLY < <(compgen -W "\${words}" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _lifeboat lifeboat npx
`;
