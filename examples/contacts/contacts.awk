# Residue-residue contacts between two protein chains in PDB format.
#
#   awk -v cutoff=5.0 -v residues=residues.tsv -f contacts.awk first.pdb second.pdb
#
# A contact is a pair of residues, one of each file, with two heavy atoms no further apart than `cutoff` angstrom.
# Prints a line a contact: chain, residue and number of either side, smallest distance, names of the two atoms.
# Writes a line a residue to the file `residues`: side (1 or 2), chain, residue, number, heavy atoms, contacts.

BEGIN { FS = "\n"; OFS = "\t" }

FNR == 1 { side++; ended = 0 }
/^ENDMDL/ { ended = 1 } # of several models the first counts
ended || !/^ATOM  / { next }

# PDB columns are fixed: neighbouring fields may touch, so that splitting on blanks would misread them.
{
  name = trim(substr($0, 13, 4))
  alternative = substr($0, 17, 1)
  if (is_hydrogen(name, trim(substr($0, 77, 2))) || alternative !~ /^[ A1]?$/) next

  key = side OFS substr($0, 22, 1) OFS trim(substr($0, 18, 3)) OFS trim(substr($0, 23, 5)) # number with insertion code
  if (!(key in heavy)) residue_of[++residue_count] = key
  heavy[key]++

  n = ++count[side]
  atom[side, n] = name
  owner[side, n] = key
  x[side, n] = substr($0, 31, 8) + 0
  y[side, n] = substr($0, 39, 8) + 0
  z[side, n] = substr($0, 47, 8) + 0
}

END {
  for (i = 1; i <= 2; i++)
    if (!count[i]) {
      print "file " i " holds no ATOM record of a heavy atom" > "/dev/stderr"
      exit 3
    }

  limit = cutoff * cutoff
  for (i = 1; i <= count[1]; i++) {
    xi = x[1, i]; yi = y[1, i]; zi = z[1, i]
    for (j = 1; j <= count[2]; j++) {
      dx = xi - x[2, j]
      if (dx > cutoff || dx < -cutoff) continue # most pairs end here, and it is cheap
      dy = yi - y[2, j]
      dz = zi - z[2, j]
      square = dx * dx + dy * dy + dz * dz
      if (square > limit) continue
      pair = owner[1, i] SUBSEP owner[2, j]
      if (!(pair in nearest)) {
        contacts[owner[1, i]]++
        contacts[owner[2, j]]++
      } else if (square >= nearest[pair]) continue
      nearest[pair] = square
      atoms[pair] = atom[1, i] OFS atom[2, j]
    }
  }

  for (pair in nearest) {
    split(pair, half, SUBSEP)
    print substr(half[1], 3), substr(half[2], 3), sprintf("%.2f", square_root(nearest[pair])), atoms[pair]
  }
  for (i = 1; i <= residue_count; i++) print residue_of[i], heavy[residue_of[i]], contacts[residue_of[i]] + 0 > residues
}

function trim(text) {
  gsub(/^ +| +$/, "", text)
  return text
}

# Newton's method, because some builds of busybox awk come without sqrt().
function square_root(square,   root, i) {
  root = square > 1 ? square : 1
  for (i = 0; i < 30; i++) root = (root + square / root) / 2
  return root
}

# Old files leave the element column empty; then the atom's name tells.
function is_hydrogen(name, element) {
  return element != "" ? element == "H" || element == "D" : name ~ /^[0-9]*[HD]/
}
