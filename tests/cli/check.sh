# Laws of the parts that take a second; the numbers depend on the processor.
surplus check --only networks 2>/dev/null | cut -f1,2,6
surplus check --only privacy --json 2>/dev/null |
    grep -c '"holds":true,"seconds"'
surplus check --only nothing
echo "exit $?"
