# The answer in words.
#
#   awk -v cutoff=5.0 -v title=TEXT -f summary.awk residues.tsv contacts.tsv

BEGIN { FS = "\t" }
/^#/ { next }

NF == 6 {
  side = $1
  chain[side] = $2
  residues[side]++
  atoms[side] += $5
  if ($6 > 0) {
    interface[side]++
    # Wrapped, so that a large interface stays readable.
    name = capital($3) $4
    names[side] = names[side] (interface[side] % 8 == 1 ? "\n  " : gap[side]) name
    gap[side] = sprintf("%" (9 - length(name)) "s", "")
    if ($6 > most) {
      most = $6
      busiest = capital($3) " " $4 " of chain " $2
    }
  }
}

NF == 9 {
  contacts++
  if ($7 <= 3.5) polar += is_polar($8) && is_polar($9)
  if (contacts == 1) # the table is sorted by distance
    closest = capital($2) " " $3 " (" $8 ") of chain " $1 " and " capital($5) " " $6 " (" $9 ") of chain " $4 ", " $7 " A"
}

END {
  print title
  print ""
  for (i = 1; i <= 2; i++) printf "chain %s         %d residues, %d heavy atoms\n", chain[i], residues[i], atoms[i]
  printf "contacts        %d residue pairs with heavy atoms within %.1f A\n", contacts, cutoff
  if (contacts == 0) exit
  printf "polar contacts  %d (closest atoms N or O, within 3.5 A)\n", polar
  printf "closest pair    %s\n", closest
  printf "busiest         %s, %d contacts\n", busiest, most
  for (i = 1; i <= 2; i++) {
    printf "\ninterface residues of chain %s: %d%s\n", chain[i], interface[i], names[i]
  }
}

function capital(residue) {
  return substr(residue, 1, 1) tolower(substr(residue, 2))
}

function is_polar(name) {
  return name ~ /^[NO]/
}
