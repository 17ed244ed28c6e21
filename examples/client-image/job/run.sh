#!/bin/bash
set -e
clustalo --in sequences.fasta --out aligned.fasta --threads "$OMP_NUM_THREADS"
identity aligned.fasta > identity.txt
