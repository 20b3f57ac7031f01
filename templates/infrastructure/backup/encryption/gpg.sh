GPG=()

# Leaves in GPG the words that run gpg with nothing around it: no keyring but the
# one in that directory, no terminal, nothing of the user's settings, and no
# second compression.
prepare_gpg() { # <directory> [more words]
  need_tools gpg=gpg
  mkdir --parents "$1"
  GPG=(gpg --homedir "$1" --no-options --batch --no-tty --quiet --pinentry-mode loopback --no-symkey-cache
    --compress-algo none "${@:2}")
}
