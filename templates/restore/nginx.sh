# needs: restore/services restore/swap
# The restored configuration must pass nginx's own test before nginx reads it;
# else the old one is put back.
apply_nginx() {
  control 'testing the nginx configuration' "${NGINX_TEST[@]}"
  if ((CONTROL_STATUS != 0)); then
    fail_component config 'nginx refuses the restored configuration: the old configuration is being put back'
    swap_back_all config
    return 0
  fi
  control 'reloading nginx' "${NGINX_RELOAD[@]}"
  if ((CONTROL_STATUS != 0)); then
    warn 'nginx could not be reloaded: start it when everything else is up'
  fi
}
