// Text inside XML 1.0. What XML has no place for (control characters, broken UTF-8, U+FFFE, U+FFFF) becomes U+FFFD.
#pragma once
#include <string>
#include <string_view>

namespace gauntlet {

std::string xml_text(std::string_view);       // between tags: line ends and tabs stay
std::string xml_attribute(std::string_view);  // between double quotes: line ends and tabs as references

}  // namespace gauntlet
