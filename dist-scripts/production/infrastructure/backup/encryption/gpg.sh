# Nothing around it: no terminal, nothing of the user's settings, and no second compression.
# With --homedir, also no keyring but the one in that directory.
GPG=(gpg --no-options --batch --no-tty --quiet --pinentry-mode loopback --no-symkey-cache --compress-algo none)

prepare_gpg() { # <directory for its keyring>
  need_tools gpg=gpg
  mkdir --parents "$1"
}
# 9f079bc62edb65ea backup/encryption/gpg.sh
