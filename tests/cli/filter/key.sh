# --key renames the member. One of that name that is there already is replaced, another is none of our business.
. "$FIXTURES/own.sh"
echo '{"lofp":"planted","mitre_techniques":["T1021.006"],"known benign":{"planted":true},"z":0}' > a
own --key 'known benign' --style text a | show
own --style text a | show
own --key 'quo"te\' --style ids a | show
