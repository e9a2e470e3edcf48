# What the library is built on. Each module's foreign libraries stay in its folder;
# a missing one is an error that names the Debian package.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP COMPONENTS C)

# sur_need(target package-config-name debian-package)
function(sur_need target module package)
  pkg_check_modules(${target} IMPORTED_TARGET ${module})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${module} is missing: install ${package}")
  endif()
  target_link_libraries(sur_foreign INTERFACE PkgConfig::${target})
endfunction()

add_library(sur_foreign INTERFACE)
sur_need(JANSSON jansson libjansson-dev)
sur_need(SQLITE sqlite3 libsqlite3-dev)
sur_need(LIBZIP libzip libzip-dev)
sur_need(ZLIB zlib zlib1g-dev)
sur_need(YAML yaml-0.1 libyaml-dev)
sur_need(CRYPTO libcrypto libssl-dev)

# Formats of data that need a library of their own can be switched off; then
# src/data/without_NAME.c stands in for the files that use it, and says so at run time.
# sur_format(NAME package-config-name debian-package files...)
set(sur_left_out "")
function(sur_format name module package)
  string(TOLOWER ${name} stem)
  option(SUR_${name} "Read ${stem} files (needs ${package})" ON)
  set(files "data/without_${stem}.c")
  if(SUR_${name})
    pkg_search_module(${name} IMPORTED_TARGET ${module})
    if(NOT ${name}_FOUND)
      message(FATAL_ERROR "${stem} is missing: install ${package}, or configure with -DSUR_${name}=OFF")
    endif()
    target_link_libraries(sur_foreign INTERFACE PkgConfig::${name})
  else()
    list(TRANSFORM ARGN PREPEND data/ OUTPUT_VARIABLE files)
  endif()
  set(sur_left_out ${sur_left_out} ${files} PARENT_SCOPE)
endfunction()

sur_format(HDF5 "hdf5-serial;hdf5" libhdf5-dev
  hdf5_file.c hdf5_cells.c hdf5_sets.c hdf5_group.c hdf5_lzf.c read_hdf5.c write_hdf5.c)
sur_format(PNG libpng libpng-dev read_png.c)
sur_format(MATIO matio libmatio-dev read_mat.c)
sur_format(ZSTD libzstd libzstd-dev unpack_zstd.c)
sur_format(LZ4 liblz4 liblz4-dev unpack_lz4.c)

# oneDNN (2.x or 3.x, its C API, the build with OpenMP): networks of images.
option(SUR_DNNL "Convolutional networks (needs libdnnl-dev)" ON)
if(SUR_DNNL)
  find_library(SUR_DNNL_LIBRARY dnnl)
  find_path(SUR_DNNL_INCLUDE oneapi/dnnl/dnnl.h)
  if(NOT SUR_DNNL_LIBRARY OR NOT SUR_DNNL_INCLUDE)
    message(FATAL_ERROR "oneDNN is missing: install libdnnl-dev, or configure with -DSUR_DNNL=OFF")
  endif()
  target_include_directories(sur_foreign INTERFACE ${SUR_DNNL_INCLUDE})
  target_link_libraries(sur_foreign INTERFACE ${SUR_DNNL_LIBRARY})
  list(APPEND sur_left_out model/without_dnnl.c)
else()
  list(APPEND sur_left_out model/conv_dnnl.c)
endif()

# MPI (3.0 or later, its C calls only): nodes of `distribute` on ranks. Of several that are
# installed, -DMPI_C_COMPILER=mpicc.mpich names one.
option(SUR_MPI "One node per MPI rank (needs libopenmpi-dev and openmpi-bin, or libmpich-dev)" ON)
if(SUR_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI 3.0 COMPONENTS C)
  if(NOT MPI_C_FOUND)
    message(FATAL_ERROR "MPI is missing: install libopenmpi-dev and openmpi-bin, or configure with -DSUR_MPI=OFF")
  endif()
  target_link_libraries(sur_foreign INTERFACE MPI::MPI_C)
  list(APPEND sur_left_out comm/without_mpi.c)
else()
  list(APPEND sur_left_out comm/ranks.c comm/world.c)
endif()

# OpenBLAS, the OpenMP build: the pthread build halves the speed of OpenMP code beside it.
# Debian's alternatives may point at another, so it is linked by its own folder.
find_library(SUR_OPENBLAS openblas
  PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
find_library(SUR_OPENBLAS openblas)
find_library(SUR_LAPACKE lapacke)
find_path(SUR_CBLAS_INCLUDE cblas.h
  PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
        /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} /usr/include)
find_path(SUR_LAPACKE_INCLUDE lapacke.h)
if(NOT SUR_OPENBLAS OR NOT SUR_CBLAS_INCLUDE)
  message(FATAL_ERROR "OpenBLAS is missing: install libopenblas-openmp-dev")
endif()
if(NOT SUR_LAPACKE OR NOT SUR_LAPACKE_INCLUDE)
  message(FATAL_ERROR "LAPACKE is missing: install liblapacke-dev")
endif()
get_filename_component(SUR_OPENBLAS_DIR ${SUR_OPENBLAS} DIRECTORY)
target_include_directories(sur_foreign INTERFACE ${SUR_CBLAS_INCLUDE} ${SUR_LAPACKE_INCLUDE})
target_link_libraries(sur_foreign INTERFACE ${SUR_LAPACKE} ${SUR_OPENBLAS} Threads::Threads m)
if(OpenMP_C_FOUND)
  target_link_libraries(sur_foreign INTERFACE OpenMP::OpenMP_C)
endif()

# Random123 is headers only.
find_path(SUR_RANDOM123_INCLUDE Random123/philox.h)
if(NOT SUR_RANDOM123_INCLUDE)
  message(FATAL_ERROR "Random123 is missing: install librandom123-dev")
endif()
