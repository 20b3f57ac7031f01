# needs: lib/guards
GPG=()

# Leaves in GPG the words that run gpg with nothing around it: no keyring, no agent,
# no terminal, nothing of the user's settings, and no second compression.
prepare_gpg() {
  need_tools gpg=gpg
  mkdir --parents "${WORK_DIR}/gnupg"
  GPG=(gpg --homedir "${WORK_DIR}/gnupg" --no-options --batch --no-tty --quiet --no-autostart
    --pinentry-mode loopback --no-symkey-cache --compress-algo none)
}
