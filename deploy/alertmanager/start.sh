#!/bin/sh
# Starts Alertmanager with the receivers that the environment names: ALERTS_PAGE_URL and ALERTS_TICKET_URL (webhooks),
# ALERTS_PAGERDUTY_KEY (pages) and ALERTS_SLACK_URL (both); each also as the path of a file, with _FILE behind its name.
set -eu

value() {
  eval "text=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$file" ]; then text=$(cat "$file"); fi
  printf %s "$text"
}

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"; }

receiver() {
  printf '  - name: %s\n' "$1"
  webhook=$(value "$2")
  slack=$(value ALERTS_SLACK_URL)
  if [ -n "$webhook" ]; then printf '    webhook_configs: [{url: %s}]\n' "$(quoted "$webhook")"; fi
  if [ -n "$slack" ]; then
    printf '    slack_configs:\n      - {api_url: %s, send_resolved: true, title_link: %s}\n' "$(quoted "$slack")" \
      "'{{ (index .Alerts 0).Annotations.runbook_url }}'"
  fi
  if [ "$1" = page ]; then
    key=$(value ALERTS_PAGERDUTY_KEY)
    if [ -n "$key" ]; then printf '    pagerduty_configs: [{routing_key: %s}]\n' "$(quoted "$key")"; fi
  fi
}

{
  cat /etc/alertmanager/alertmanager.yml
  printf '\nreceivers:\n'
  receiver page ALERTS_PAGE_URL
  receiver ticket ALERTS_TICKET_URL
} > /tmp/alertmanager.yml

exec /bin/alertmanager --config.file=/tmp/alertmanager.yml "$@"
