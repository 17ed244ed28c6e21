# The contact map as an SVG picture: a square a contact, the darker the closer.
#
#   awk -v cutoff=5.0 -v title=TEXT -v first_name=TEXT -v second_name=TEXT -f map.awk residues.tsv contacts.tsv
#
# Rows are the residues of the first chain, columns those of the second, by number. Numbers on the left and below;
# the names of the residues that have a contact on the right and above.

BEGIN {
  FS = "\t"
  shades = split("#08306b #2b72b8 #74acdb #bcd7ee", shade, " ")
  split("3.5 4.0 4.5", bound, " ")
  bound[shades] = cutoff
  ink = "#22303c"
  soft = "#66727d"
  left = 84; top = 132; right = 84; bottom = 118
}
/^#/ { next }

NF == 6 {
  side = $1
  number = $4 + 0 # residues with an insertion code share a square
  chain[side] = $2
  if (low[side] == "" || number < low[side]) low[side] = number
  if (high[side] == "" || number > high[side]) high[side] = number
  if ($6 > 0) label[side, number] = substr($3, 1, 1) tolower(substr($3, 2)) " " $4
}

NF == 9 {
  n = ++contacts
  row[n] = $3 + 0
  column[n] = $6 + 0
  distance[n] = $7
  tip[n] = $2 " " $3 " " $1 " - " $5 " " $6 " " $4 ", " $7 " A"
}

END {
  rows = high[1] - low[1] + 1
  columns = high[2] - low[2] + 1
  cell = 1080 / (rows > columns ? rows : columns) # of the longer chain
  if (cell > 14) cell = 14
  width = columns * cell
  height = rows * cell
  total_width = left + width + right
  total_height = top + height + bottom

  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\"", \
    total_width, total_height, total_width, total_height
  print " font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">"
  print "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
  text(left, 34, "start", 20, ink, "Contact map: " title, " font-weight=\"bold\"")
  text(left, 57, "start", 13, soft, \
    contacts + 0 " residue pairs with heavy atoms within " cutoff " angstrom; names mark the interface", "")

  rectangle(left, top, width, height, "#fbfcfd", "")
  axis(1)
  axis(2)
  for (n = contacts; n >= 1; n--) draw_contact(n)
  printf "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"none\" stroke=\"%s\"/>\n", left, top, width, height, soft
  legend()
  print "</svg>"
}

function x_of(number) { return left + (number - low[2]) * cell }
function y_of(number) { return top + height - (number - low[1] + 1) * cell } # numbers grow upwards

# Grid lines, numbers and interface names of one chain.
function axis(side,   step, number, middle, free) {
  step = cell >= 6 ? 5 : cell >= 3 ? 10 : 50
  for (number = low[side]; number <= high[side]; number++) {
    middle = (side == 1 ? y_of(number) : x_of(number)) + cell / 2
    if (number % step == 0) {
      if (side == 1) {
        line(left, middle, left + width, middle, "#dfe5ea")
        text(left - 9, middle + 4, "end", 12, ink, number, "")
      } else {
        line(middle, top, middle, top + height, "#dfe5ea")
        text(middle, top + height + 19, "middle", 12, ink, number, "")
      }
    }
    # A name needs 9 pixels; where squares are smaller, some are left out rather than drawn over each other.
    if ((side, number) in label && (free == "" || number >= free)) {
      free = number + 9 / cell
      if (side == 1) text(left + width + 7, middle + 4, "start", 11, ink, label[side, number], "")
      else text(middle + 4, top - 7, "start", 11, ink, label[side, number], turned(middle + 4, top - 7))
    }
  }
  if (side == 1) text(30, top + height / 2, "middle", 14, ink, caption(1), turned(30, top + height / 2))
  else text(left + width / 2, top + height + 46, "middle", 14, ink, caption(2), "")
}

function caption(side) { return (side == 1 ? first_name : second_name) ", chain " chain[side] ", residue number" }

function draw_contact(n) {
  rectangle(x_of(column[n]), y_of(row[n]), cell * 0.94, cell * 0.94, shade_of(distance[n]), tip[n])
}

function shade_of(value,   k) {
  for (k = 1; k < shades; k++) if (value <= bound[k] + 0) return shade[k]
  return shade[shades]
}

function legend(   k, x, y) {
  x = left
  y = top + height + 74
  text(x, y + 12, "start", 12, soft, "shortest distance, angstrom", "")
  x += 186
  for (k = 1; k <= shades; k++) {
    rectangle(x, y, 16, 16, shade[k], "")
    text(x + 22, y + 12, "start", 12, ink, "up to " sprintf("%.1f", bound[k]), "")
    x += 92
  }
}

function turned(x, y) { return sprintf(" transform=\"rotate(-90 %.2f %.2f)\"", x, y) }

function rectangle(x, y, w, h, fill, hint) {
  printf "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"", x, y, w, h, fill
  print hint == "" ? "/>" : "><title>" escaped(hint) "</title></rect>"
}

function line(x1, y1, x2, y2, colour) {
  printf "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour
}

function text(x, y, anchor, size, colour, words, extra) {
  printf "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\"%s>%s</text>\n", \
    x, y, anchor, size, colour, extra, escaped(words)
}

function escaped(words) {
  gsub(/&/, "\\&amp;", words)
  gsub(/</, "\\&lt;", words)
  gsub(/>/, "\\&gt;", words)
  return words
}
