# A long training that is killed at many moments goes on from its checkpoint and ends with the
# bits of one that was left alone; so does one that is interrupted, with exit code 130.
T="--data synthetic:events --samples 400 --test-samples 100 --width 40 --steps 12000 --early-stop yes"
surplus train $T --save whole.safetensors --quiet >whole.txt
for i in 1 2 3 4 5 6 7 8; do
    "$PROGRAM" train $T --save hurt.safetensors --checkpoint hurt.state --checkpoint-seconds 0 \
        --quiet >/dev/null 2>&1 &
    pid=$!
    sleep "0.$(printf %02d $((5 + i * 7)))"
    test $i -eq 8 && kill -INT $pid || kill -KILL $pid
    wait $pid 2>/dev/null
    echo $? >>codes
done 2>/dev/null
grep -q 137 codes && echo "killed"
tail -1 codes | grep -E "^(0|130)$" >/dev/null && echo "interrupted or done"
surplus train $T --save hurt.safetensors --checkpoint hurt.state --quiet >hurt.txt
cmp whole.safetensors hurt.safetensors && cmp whole.txt hurt.txt && echo "the same bits"
