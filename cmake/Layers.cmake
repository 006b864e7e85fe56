# Flags every target of ours shares, and `gauntlet_layer`, which makes one static library of a folder.
#
# A layer sees the headers of the layers it names and of what those name, and no others: each layer's headers are
# reachable only through its own include root (one symbolic link), so an include against the order of the layers
# does not compile.
add_library(gauntlet_flags INTERFACE)
target_compile_options(gauntlet_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13 AND NOT GAUNTLET_SANITIZE)
  # GCC 12 at -O2 and above sees overlaps and overruns in the library's own string::replace and vector::insert (GCC bugs
  # 105651, 105329): false positives. The dev build keeps these warnings.
  target_compile_options(gauntlet_flags INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND GAUNTLET_SANITIZE)
  # GCC 12 reports uninitialised members of std::optional and friends under its sanitizers: false positives.
  target_compile_options(gauntlet_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(GAUNTLET_SANITIZE)
  target_compile_options(gauntlet_flags INTERFACE -fsanitize=${GAUNTLET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(gauntlet_flags INTERFACE -fsanitize=${GAUNTLET_SANITIZE})
endif()

function(gauntlet_layer name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  set(root ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${name} SYMBOLIC)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${root})
    target_link_libraries(${name} PUBLIC ${ARGN} PRIVATE gauntlet_flags)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${root})
    target_link_libraries(${name} INTERFACE ${ARGN})
  endif()
endfunction()

# Puts the header comments of the folder's sources into the library, for `gauntlet list boxes`.
function(gauntlet_manuals name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  set(out ${CMAKE_BINARY_DIR}/${name}_manuals.cc)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFOLDER=${CMAKE_SOURCE_DIR}/${folder} -P ${CMAKE_SOURCE_DIR}/cmake/Manuals.cmake
    DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/cmake/Manuals.cmake VERBATIM)
  target_sources(${name} PRIVATE ${out})
endfunction()
