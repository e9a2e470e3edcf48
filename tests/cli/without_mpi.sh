# A program built without MPI simulates nodes, and under mpirun says how it is to be built.
surplus distribute --data synthetic:linear --samples 10 --width 50 --nodes 2 --quiet | wc -l
OMPI_COMM_WORLD_SIZE=2 surplus distribute --data synthetic:linear --samples 10 --width 50
