#!/bin/bash
# Which residues of two protein chains touch? Contacts, a summary and a contact map, with bash and awk alone.
# The next line is for executors that learn the exit code from that file; this project's own one asks the process.
trap 'echo "$?" > .orchestrator.exit' EXIT
set -euo pipefail
export LC_ALL=C # a decimal point, whatever the locale

first=2oob_uba.pdb # rows of the map
first_name='UBA domain of Cbl-b'
second=2oob_ubiquitin.pdb # columns of the map
second_name='ubiquitin'
title="$first_name and $second_name, PDB 2OOB"
cutoff=5.0 # angstrom, between any two heavy atoms

for file in "$first" "$second"; do
  if [ ! -s "$file" ]; then
    echo "$file: missing or empty, upload it together with run.sh" >&2
    exit 2
  fi
done

awk -v cutoff="$cutoff" -v residues=residues.tsv -f contacts.awk "$first" "$second" > unsorted.tsv
{
  printf '#chain_1\tresidue_1\tnumber_1\tchain_2\tresidue_2\tnumber_2\tdistance\tatom_1\tatom_2\n'
  sort -t $'\t' -k 7,7n -k 3,3n -k 6,6n unsorted.tsv
} > contacts.tsv
rm unsorted.tsv

awk -v cutoff="$cutoff" -v title="$title" -f summary.awk residues.tsv contacts.tsv > summary.txt
awk -v cutoff="$cutoff" -v title="$title" -v first_name="$first_name" -v second_name="$second_name" \
  -f map.awk residues.tsv contacts.tsv > contacts.svg
cat summary.txt
