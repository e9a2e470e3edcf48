# A plan says what varies, as text and as JSON, and touches nothing; a wrong gate stops a study
# before it starts; a reader that leaves ends the program without a word; a narrow terminal gets
# the columns that it has room for, and a legend of the characters that were drawn.
D="--data synthetic:linear --family linear,relu --samples 40 --width 10,20 --jobs 1 --quiet"
surplus descent $D --out p.db --dry-run 2>/dev/null
surplus descent $D --out p.db --dry-run --json 2>/dev/null | grep -c '"held":false,"spec":{'
test -e p.db || echo "nothing was made"
surplus descent $D --out p.db --fail-if test_error 2>&1
echo "exit $?"
test -e p.db || echo "nothing was made"
surplus descent $D --width 10:40 --json 2>said | head -c 1
cat said
surplus descent $D --out p.db && surplus plot p.db --text | grep -o 'family linear, test \*\*\*'
command -v script >/dev/null || exit 77
script -qec "stty cols 70; $PROGRAM show p.db --no-summary" /dev/null </dev/null | tr -d '\r' >narrow
head -1 narrow | grep -o '^family *width'
awk '!/^#/ && length > 70 { print "too wide: " $0 }' narrow
grep '^# too narrow for .*norm' narrow | wc -l
