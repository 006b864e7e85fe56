# Run as `cmake -DOUT=FILE -DFOLDER=DIR -P Manuals.cmake`: writes a C++ source that holds the header comment of every box file.
file(GLOB sources ${FOLDER}/*.cc)
list(SORT sources)
set(rows "")
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  # The header comment: the lines from the first byte on that begin with //. Semicolons and brackets would be list syntax.
  string(REGEX MATCH "^(//[^\n]*\n)+" comment "${text}")
  string(REGEX REPLACE "(^|\n)//[ ]?" "\\1" comment "${comment}")
  if(NOT comment STREQUAL "")
    string(APPEND rows "    {\"${name}\", R\"~~(${comment})~~\"},\n")
  endif()
endforeach()
file(WRITE ${OUT}.new "// Made by cmake/Manuals.cmake.
#include <utility>

#include \"middleboxes/manual.hh\"

namespace gauntlet {
namespace {
constexpr std::pair<std::string_view, std::string_view> kManuals[] = {
${rows}    {\"\", \"\"}};
}  // namespace

std::string_view manual_of(std::string_view box) {
  for (const auto& [name, text] : kManuals) {
    if (name == box && !box.empty()) return text;
  }
  return {};
}
}  // namespace gauntlet
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
