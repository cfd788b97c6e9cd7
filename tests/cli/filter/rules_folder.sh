# --rules DIR: a format rule of this site's own.
. "$FIXTURES/own.sh"
printf '%s\n' '{"sensor":{"version":3},"attack_ref":"attack:T1021.001","title":"x","host":"jump-01"}' '{"sensor":{"version":3},"attack_ref":"see T1021.001","title":"x"}' '{"attack_ref":"attack:T1021.001"}' > a
own --style ids a
own --style ids --rules "$FIXTURES/rules" a | show
