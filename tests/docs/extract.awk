# Example k of a page: its command goes to out/command.k, what it prints to out/want.k. With
# update=1 the page is printed, with out/new.k in place of what example k prints where that file
# exists.
/^```/ {
    inside = /^```console/
    k_open = 0
    if (update) print
    next
}
inside && (/^\$ / || more) {
    if (!more) { k++; k_open = 1; fresh = 1; text = substr($0, 3) } else text = $0
    more = text ~ /\\$/
    if (!update) print text >(out "/command." k)
    else {
        print
        if (!more) {
            new = out "/new." k
            replaced = 0
            while ((getline line <new) > 0) { print line; replaced = 1 }
            close(new)
        }
    }
    next
}
inside && k_open {
    if (!update) print >(out "/want." k)
    else if (!replaced) print
    next
}
update { print }
