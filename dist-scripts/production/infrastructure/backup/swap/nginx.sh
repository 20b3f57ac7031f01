# A test that cannot be made would look like a refusal, when all else is in place.
preflight_nginx() {
  if [[ " ${WANTED[*]} " =~ ' '(config|ssl)' ' ]] && ! command -v "${NGINX_TEST[0]}" >/dev/null; then
    problem "the command '${NGINX_TEST[0]}', which tests the configuration of nginx before it is used, is missing: install nginx, or correct nginx.testCommand in the profile"
  fi
}

# The restored configuration must pass nginx's own test before nginx reads it;
# else the old one is put back. It names the certificates: the test waits until
# those are in place too, where both are restored.
apply_nginx() { # <component that was swapped in>
  local status
  if [[ $1 != ssl && ($1 != config || " ${WANTED[*]} " == *' ssl '*) ]]; then
    return 0
  fi
  control status 'testing the nginx configuration' "${NGINX_TEST[@]}"
  if ((status != 0)) && [[ " ${WANTED[*]} " == *' config '* ]]; then
    fail_component config 'nginx refuses the restored configuration: the old configuration is being put back'
    swap_back_all config
    return 0
  elif ((status != 0)); then
    warn 'nginx refuses its configuration with the restored certificates and was not reloaded: correct it, or restore --config as well'
    return 0
  fi
  control status 'reloading nginx' "${NGINX_RELOAD[@]}"
  if ((status != 0)); then
    warn 'nginx could not be reloaded: start it when everything else is up'
  fi
}
# 563d181ceb3665b4 backup/swap/nginx.sh
