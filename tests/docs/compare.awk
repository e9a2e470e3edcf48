# compare.awk WANT GOT: exit code 0 when GOT is what WANT says. Lines are compared word by word:
# numbers to a part in a thousand (or 1e-9), a number before " s", " ms", " min" or "seconds" not
# at all; "..." as a line of its own stands for any lines, and at the end of a line for its rest.
function number(word) { return word ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?$/ }
function size(x) { return x < 0 ? -x : x }
function same(a, b,   m, n, i, u, v, wa, wb) {
    gsub(/[][(),;:%{}"=]/, " & ", a)
    gsub(/[][(),;:%{}"=]/, " & ", b)
    m = split(a, wa)
    n = split(b, wb)
    for (i = 1; i <= m; i++) {
        if (i == m && wa[i] == "...") return 1
        if (i > n) return 0
        if (wa[i] == wb[i]) continue
        if (!number(wa[i]) || !number(wb[i])) return 0
        if (i < m && wa[i + 1] ~ /^(s|ms|min|h)$/) continue
        u = wa[i] + 0
        v = wb[i] + 0
        if (size(u - v) > 1e-3 * size(u) + 1e-9) return 0
    }
    return m == n
}
# Whether want[i ..] is got[j ..].
function match_from(i, j) {
    while (i <= wants) {
        if (want[i] == "...") {
            for (; j <= gots + 1; j++) if (match_from(i + 1, j)) return 1
            return 0
        }
        if (j > gots || !same(want[i], got[j])) return 0
        i++
        j++
    }
    return j == gots + 1
}
{ sub(/[ \t]+$/, "") }
FILENAME == ARGV[1] { want[++wants] = $0; next }
{ got[++gots] = $0 }
END { exit !match_from(1, 1) }
